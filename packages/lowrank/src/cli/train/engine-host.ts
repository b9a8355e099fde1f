// The command line as a run's host: it hears what will be trained, and starts what computes.

import type { EngineHost } from "../../recipe/run/recipe-run.ts";
import { sourceContext } from "../open-model.ts";
import { startEngine } from "../start-engine.ts";
import type { Report } from "../terminal/report.ts";
import type { TrainOptions } from "./train-options.ts";

/** Says on the terminal which engine started. */
export function engineHost(options: TrainOptions, report: Report): EngineHost {
  return {
    context: sourceContext(report),
    say: report.say,
    startEngine: async () => {
      const { name } = await startEngine(options, report);
      report.say(`engine ${name}`);
      return name;
    },
  };
}
