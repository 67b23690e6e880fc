"""Arguments for gcc, and what of them may reach zig."""

from __future__ import annotations

PREFIX = "/opt/python/3.13"
"""The prefix of an interpreter."""

ADDED = ("-g0", "-ffile-compilation-dir=.", "-ffile-prefix-map=", "-Wl,--strip-debug", "-D__cibw_inputs_")
"""How the arguments begin that the wrapper adds to calls which do not ask for debug information."""
CRC32 = ("-Xclang", "-target-feature", "-Xclang", "+crc32", "-U__CRC32__")
"""What every call for x86_64 that does not select a processor also gets."""

KEPT = [
    "-shared -fPIC -O3 -g -Wall -DNDEBUG -o m.so m.o",
    "-I/opt/include -I /usr/include/python3.11 -isystem /opt/include -iquote src -idirafter /more",
    f"-I{PREFIX}/include/python3.13",
    "-L/opt/lib -L lib -L. -lyaml -l yaml",
    f"-L{PREFIX}/lib/python3.13/site-packages/numpy/lib -lnpymath",
    f"-L{PREFIX}-other/lib",
    "-L/usr/local/lib",
    "-mavx2 -msse4.2 -mfpu=neon",
    "-Wl,-rpath,/opt/lib",
    "-Wl,-rpath,$ORIGIN/../pkg.libs",
    "-Wl,-soname,libx.so.1",
    "-Wl,--version-script,exports.map",
    "-Wl,--version-script=exports.map",
    "-Wl,--as-needed,--no-as-needed,--gc-sections,--build-id=sha1,-s",
    "-Wl,-z,now,-z,relro,-z,noexecstack",
    "-Wl,--wrap,malloc",
    "-Wl,-e,main",
    "-x c -",
    "-Wp,-MD,m.d",
    "-undef -fno-lto",
    "-MD -MT m.o -MF m.d -c m.c",
    "-D X=-march=native -o -march=native",
    "-Xclang -fno-pch-timestamp",
]

REWRITTEN = [
    ("-march=native -mtune=haswell -mcpu=power9 -O2", "-O2"),
    ("-g -g0 -g -O2 -g0", "-g -g -O2"),
    (
        "-Wl,-strip-all,-gc-sections,-as-needed,-no-undefined",
        "-Wl,--strip-all,--gc-sections,--as-needed,--no-undefined",
    ),
    (
        "-Wl,-start-group -la -lb -Wl,-end-group -Wl,-strip-debug",
        "-Wl,--start-group -la -lb -Wl,--end-group,--strip-debug",
    ),
    ("-Wl,-whole-archive,libx.a,-no-whole-archive", "-Wl,--whole-archive libx.a -Wl,--no-whole-archive"),
    ("-Wl,-enable-new-dtags,-build-id=none,-eh-frame-hdr", "-Wl,--enable-new-dtags,--build-id=none,--eh-frame-hdr"),
    (
        "-Wl,--Bsymbolic,-symbolic -Wl,--Bstatic -lx -Wl,-call_shared",
        "-Wl,-Bsymbolic,-Bsymbolic,-Bstatic -lx -Wl,-Bdynamic",
    ),
    ("-Wl,--allow-multiple-definition -Wl,-z,muldefs -z muldefs", ""),
    ("-Wl,--unresolved-symbols=ignore-all -Wl,-unresolved-symbols,ignore-all -Wl,--warn-unresolved-symbols", ""),
    ("-Wl,--warn-textrel,--no-warn-search-mismatch,--lto-O2,--dynamic-list-data,-q", ""),
    ("-Wl,-rpath,$ORIGIN::::::::", "-Wl,-rpath,$ORIGIN::::::::"),
    ("-Wl,-rpath,::::::::", "-Wl,-rpath,::::::::"),
    ("-Wl,-rpath,/opt/lib:::", "-Wl,-rpath,/opt/lib:::"),
    (f"-Wl,-rpath,{PREFIX}/lib::::", "-Wl,-rpath,:::"),
    ("-dM -E -", "-x c -dM -E -"),
    ("-E -dM - -DX", "-x c -E -dM - -DX"),
    ("-target arm-linux-gnu --target=x86_64-linux-gnu --target aarch64 -c", "-c"),
    ("-fno-gnu-unique -fuse-linker-plugin -ffat-lto-objects -fno-fat-lto-objects", ""),
    ("-static-libgcc -static-libstdc++ -shared-libgcc", ""),
    ("-fuse-ld=gold -fuse-ld=lld -specs=/usr/lib/rpm/hardened -specs /usr/lib/x -c", "-c"),
    ("-flto -flto=auto -flto=4 -flto-partition=none", ""),
    ("-Wp,-D_FORTIFY_SOURCE=2 -Wp,-U_X,-DY", "-D_FORTIFY_SOURCE=2 -U_X -DY"),
    ("-Wl,-O1 -Wl,-Bsymbolic-functions", "-Wl,-Bsymbolic"),
    ("-Wl,--exclude-libs,ALL", ""),
    ("-Wl,--exclude-libs=ALL -Wl,--warn-common -Wl,-Map=x.map -Wl,-Map,x.map -Wl,--cref", ""),
    (
        "-Wl,--push-state,--whole-archive -lx -Wl,--pop-state",
        "-Wl,--whole-archive -lx -Wl,--no-whole-archive,-Bdynamic",
    ),
    ("-Wl,--copy-dt-needed-entries,--icf=all,--default-symver,-plugin-opt=O2,-plugin-opt,O2", ""),
    ("-Wl,--dynamic-list=x -Wl,--dynamic-list,x -Wl,-rpath-link,/x -Wl,-rpath-link=/x", ""),
    ("-Wl,-z,separate-code -Wl,-z -Wl,noseparate-code -z separate-code", ""),
    ("-Wl,-h,libx.so.1", "-Wl,-soname,libx.so.1"),
    ("-Wl,-soname=libx.so.1 -Wl,--soname,liby.so", "-Wl,-soname,libx.so.1,-soname,liby.so"),
    ("-Wl,--undefined=f -Wl,-u,g -u h", "-Wl,-u,f,-u,g,-u,h"),
    ("-Xlinker -rpath -Xlinker /opt/lib -Xlinker --warn-common", "-Wl,-rpath,/opt/lib"),
    ("-Wl,--enable-new-dtags,-R/opt/lib", "-Wl,--enable-new-dtags,-rpath,/opt/lib"),
    ("-R/opt/lib -R /opt/more", "-Wl,-rpath,/opt/lib,-rpath,/opt/more"),
    ("-znow -z relro", "-Wl,-z,now,-z,relro"),
    (
        "-Wl,--whole-archive -Wl,libx.a -Wl,--no-whole-archive,-lz,-L/opt/lib",
        "-Wl,--whole-archive libx.a -Wl,--no-whole-archive -lz -L/opt/lib",
    ),
    (f"-L{PREFIX}/lib -Wl,-rpath,{PREFIX}/lib -L{PREFIX}/lib/python3.13/config -lm", "-lm"),
    (f"-L {PREFIX}/lib -Wl,-rpath={PREFIX}/lib -Wl,-L{PREFIX}/lib -Wl,-L,{PREFIX}/lib", ""),
    (f"-Wl,-rpath,{PREFIX}/lib:/opt/lib:{PREFIX}/more", "-Wl,-rpath,/opt/lib"),
    (f"-Wl,-rpath -Wl,{PREFIX}/lib/../lib/", ""),
    ("-L/usr/lib -L/usr/lib/x86_64-linux-gnu -L/lib64 -L/usr/lib/gcc/x86_64-linux-gnu/12 -lx", "-lx"),
    ("-I/usr/include -isystem /usr/include/ -I/usr/include/x86_64-linux-gnu -idirafter /usr/include", ""),
    ("-Wl, -Wl,-rpath", ""),
    ("-Wl,-z", ""),
    ("-c -L", "-c -L"),
    ("-Xlinker", ""),
]
