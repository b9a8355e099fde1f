// Collects the contents of a run's page.

import type { Warning } from "@lowrank/contracts";
import * as tf from "@tensorflow/tfjs-core";
import type { OpenedBase } from "../open/open-base.ts";
import { rowLengths } from "../open/position-limit.ts";
import type { ReportTime } from "../run-folder.ts";
import type { TokenizedRows } from "../train/tokenized-rows.ts";
import type { RowOptions } from "../train/training-options.ts";
import { dataFacts } from "./data-facts.ts";
import { type FactTable, reportPage, type SampleText } from "./report-page.ts";

export interface ReportedRun {
  readonly opened: OpenedBase;
  readonly lastRun: { findings(): readonly Warning[]; samples(): Promise<readonly SampleText[]> } | undefined;
  readonly rows: TokenizedRows;
  readonly options: RowOptions;
  readonly classNames: readonly string[] | undefined;
  readonly settings: FactTable;
  readonly recipe?: string | undefined;
}

/** The page at some step of the run; sample texts are generated at the end. */
export async function runReport(run: ReportedRun, { metrics, isOver, machine }: ReportTime): Promise<string> {
  const { opened, rows, settings, classNames, recipe, lastRun } = run;
  const { model, source } = opened;
  return reportPage({
    title: `An adapter of ${source.name}`,
    metrics,
    settings,
    data: dataFacts({ ...rows, lengths: rowLengths(model, run.options), classNames }),
    environment: [["engine", tf.getBackend()], ...machine],
    findings: isOver ? lastRun?.findings().map(({ message }) => message) : [],
    samples: isOver ? await lastRun?.samples() : [],
    recipe,
  });
}
