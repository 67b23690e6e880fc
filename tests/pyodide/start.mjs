// Runs Python in Node.js with the arguments of the command line, and sees the files of the host.
import { readdirSync, statSync } from "fs";
import { loadPyodide } from "./pyodide.mjs";

const [, , program, ...args] = process.argv;
const hidden = ["dev", "lib", "proc"];
const roots = readdirSync("/").filter((name) => !hidden.includes(name) && statSync(`/${name}`).isDirectory());

function mountHost(files) {
  for (const root of roots) {
    files.mkdirTree(`/${root}`);
    files.mount(files.filesystems.NODEFS, { root: `/${root}` }, `/${root}`);
  }
}

const env = { ...process.env, HOME: process.cwd(), PYTHONINSPECT: "" };
try {
  const python = await loadPyodide({ args, env, _sysExecutable: program, fullStdLib: false, fsInit: mountHost });
  python.setStdout();
  python.setStderr();
  process.exit(python._module._run_main());
} catch (error) {
  if (error.constructor.name !== "ExitStatus") throw error;
  process.exit(error.status);
}
