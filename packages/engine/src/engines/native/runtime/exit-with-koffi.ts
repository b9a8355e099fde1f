// As the process exits, koffi (3.3.4) has the system write stdout and stderr to disk, and reports a failure on stderr. Where
// it is stderr that failed, it waits for itself to be done with it (lib/native/base/base.cc: StreamWriter::Flush holds the
// lock that Print wants), and the process never ends: on a full disk of a network, or a broken one.

import { importUnseen, propertyOf } from "../../import-unseen.ts";

const standardOutputs = [1, 2];
/** What cannot be written to disk by its nature (a pipe, a terminal), which koffi expects. */
const expected = ["EINVAL", "ENOTSUP"];
let isPrepared = false;

/** Lets the process exit, whatever its output is: what cannot be flushed is closed before koffi tries. */
export async function exitWithKoffi(): Promise<void> {
  const { isMainThread } = (await importUnseen("node:worker_threads")) as typeof import("node:worker_threads");
  if (isPrepared || !isMainThread || process.platform === "win32") return;
  isPrepared = true;
  const fs = (await importUnseen("node:fs")) as typeof import("node:fs");
  process.on("exit", () => {
    for (const descriptor of standardOutputs) {
      try {
        fs.fsyncSync(descriptor);
      } catch (error) {
        if (expected.includes(String(propertyOf(error, "code")))) continue;
        fs.closeSync(descriptor);
        fs.openSync("/dev/null", "r+"); // takes the number that is free
      }
    }
  });
}
