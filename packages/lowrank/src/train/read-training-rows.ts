// What `train` is given as rows: a file's name, objects, or rows that were read already.

import { given } from "../given.ts";
import type { Notices } from "../notices.ts";
import { type TrainingRows, trainingRows } from "../objectives/training-rows.ts";
import type { OpenedBase } from "../open/open-base.ts";
import type { Platform, RowsInput } from "../platform.ts";
import { type ColumnOptions, readRows } from "../rows/read-rows.ts";

/** Which rows, and which of them to validate on. */
export interface RowsChoice extends ColumnOptions {
  readonly validation?: RowsInput | undefined;
  readonly validationShare?: number | undefined;
  /** "answers" makes rows of text of preferences. */
  readonly loss?: string | undefined;
}

/** Reads the rows, and those to validate on, unless they were read before. Throws DataError, DataFileError. */
export async function readTrainingRows(
  input: RowsInput | TrainingRows,
  { columns, header, onBrokenRows, validation, validationShare, loss }: RowsChoice,
  run: {
    readonly platform: Platform;
    readonly opened: Pick<OpenedBase, "model">;
    readonly notices: Notices;
    readonly seed: number;
  },
): Promise<TrainingRows> {
  if (isRead(input)) return input;
  const { platform, opened, notices, seed } = run;
  const reading = { platform, columns: given({ columns, header, onBrokenRows }), context: { notices } };
  const data = await readRows(input, reading);
  const held = validation === undefined ? undefined : await readRows(validation, reading);
  const { task, config } = opened.model;
  const problem = config.labels === 1 ? "regression" : (config.problemType ?? undefined);
  return trainingRows({ data, validation: held, validationShare, seed, task, problem, loss });
}

function isRead(input: RowsInput | TrainingRows): input is TrainingRows {
  return typeof input === "object" && "objective" in input;
}
