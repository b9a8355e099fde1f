// The program of a process that reads one file of a client: a hostile file fills or stops nothing but this process.

import { LowrankError } from "@lowrank/contracts";
import { readTrainingFile, type TrainingFile, type TrainingRows } from "./training-file.ts";

/** What the process answers: the rows, or an error. */
export type ReadAnswer =
  | { readonly rows: TrainingRows }
  | { readonly message: string; readonly code: string | undefined };

process.on("disconnect", () => process.exit());
process.once("message", async (file: TrainingFile) => {
  const answer: ReadAnswer = await readTrainingFile(file).then(
    (rows) => ({ rows }),
    (error: Error) => ({ message: error.message, code: LowrankError.isInstance(error) ? error.code : undefined }),
  );
  process.send?.(answer);
});
