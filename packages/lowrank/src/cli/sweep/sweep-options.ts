// What `lowrank sweep` was asked, as commander hands it over, and where it says what it does.

import type { Communicator } from "@lowrank/trainer/mpi";
import type { MetricName } from "../../metric-names.ts";
import type { DistributedOptions } from "../distributed/distributed-option.ts";
import type { EngineOptions } from "../options/shared-options.ts";
import type { Report } from "../terminal/report.ts";

/** The options of `lowrank sweep`. */
export interface SweepOptions extends EngineOptions, DistributedOptions {
  readonly set: readonly string[];
  readonly out?: string;
  readonly bestBy?: MetricName;
  readonly plan?: boolean;
  readonly only?: number;
  readonly to?: "slurm" | "kubernetes";
  readonly gather?: boolean;
}

/** Where a sweep says what it does, and who makes each run together. */
export interface SweepContext {
  readonly report: Report;
  readonly communicator: Communicator | undefined;
}
