// koffi (3.3.4) closes its libraries while the process ends, and not only once what others opened as well. A thread of ONNX
// Runtime's that has hardly begun then goes on in memory that is gone: one in a hundred short programs that had opened the
// library themselves ended in a segmentation fault on a busy machine. Opened with RTLD_NODELETE, it stays.

import type { Koffi } from "./koffi.ts";

/** RTLD_NOW and RTLD_NODELETE of each system's dlfcn.h. Windows has no such call. */
const flags: Readonly<Record<string, number>> = { linux: 0x1002, darwin: 0x82 };

/** Keeps a loaded library in memory until the process is gone. */
export function stayLoaded(koffi: Koffi, path: string): void {
  const how = flags[process.platform];
  if (how !== undefined) koffi.load(null).func("dlopen", "void *", ["str", "int"])(path, how);
}
