// The interface of a kind of part: one row of `part-kinds.ts` each.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { AdaptableModel, Site, Warning } from "@lowrank/contracts";
import type { AdaptedPart } from "../adapted/adapted-part.ts";
import type { Refusals } from "../errors/refusals.ts";
import type { HookPointPaths } from "../hosts/hook-points.ts";
import type { Tying } from "../hosts/tie-modules.ts";
import type { PlannedPart } from "../planned/planned-parts.ts";
import type { PartMaker } from "./part-maker.ts";

export interface PlanningTask {
  readonly model: AdaptableModel;
  /** With defaults, "all-linear" and tied modules resolved to names. */
  readonly config: LoraConfig;
  readonly tying: Tying;
  /** The layers of target_modules, refused or not; null if target_modules was refused itself. */
  readonly adapted: readonly Site[] | null;
  /** Parts of earlier kinds. */
  readonly planned: readonly PlannedPart[];
  /** Collects errors while planning continues. If a kind throws, all its parts are left out. */
  readonly refusals: Refusals;
  /** Number of tokens to assume, if not the model's. */
  readonly vocabulary?: number | undefined;
}

export interface PartKind<Planned extends PlannedPart> {
  readonly part: Planned["part"];
  /** In the model's own order. */
  plan(task: PlanningTask): readonly Planned[];
  /** Warnings for people about this kind. */
  warnings?(task: PlanningTask): readonly Warning[];
  /** Names and shapes of a part's tensors in a file. */
  tensors(planned: Planned): readonly (readonly [key: string, shape: readonly number[]])[];
  /** Lines of a table: layer, count, shape, rank, scaling, parameters. */
  describe(planned: readonly Planned[]): readonly (readonly string[])[];
  /** Hook points that a part needs. */
  hookPoints(planned: Planned): HookPointPaths;
  /** Builds a part with its variables, not attached yet. If it fails, it frees them. */
  build(planned: Planned, maker: PartMaker): AdaptedPart;
}
