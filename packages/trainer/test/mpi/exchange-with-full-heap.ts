// The program exchange.ts in a process whose heap cannot grow, as happens when V8 happens to place its code directly after it.

import { importKoffi } from "../../src/mpi/library/koffi.ts";

const page = 4096;
const library = (await importKoffi()).load(null);
const sbrk = library.func("sbrk", "uintptr_t", ["intptr_t"]);
const mmap = library.func("mmap", "intptr_t", ["uintptr_t", "size_t", "int", "int", "int", "int64_t"]);

/** MAP_PRIVATE, MAP_ANONYMOUS and MAP_FIXED_NOREPLACE of Linux. */
const flags = 0x2 | 0x20 | 0x100000;
const end = Math.ceil(Number(sbrk(0)) / page) * page;
if (Number(mmap(end, page, 0, flags, -1, 0)) !== end) throw new Error("something lies behind the heap already");
await import("./exchange.ts");
