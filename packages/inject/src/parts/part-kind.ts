// What there is to say of each kind of part: one row of `part-kinds.ts`.

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
  /** With defaults, "all-linear" and what is tied resolved to names. */
  readonly config: LoraConfig;
  readonly tying: Tying;
  /** The layers that target_modules means, refused or not; null where it was refused itself. */
  readonly adapted: readonly Site[] | null;
  /** The parts of the kinds before. */
  readonly planned: readonly PlannedPart[];
  /** For what is refused while the rest goes on. What is thrown leaves out all parts of the kind. */
  readonly refusals: Refusals;
  /** How many tokens the model is taken to know, if not those that it knows. */
  readonly vocabulary?: number | undefined;
}

export interface PartKind<Planned extends PlannedPart> {
  readonly part: Planned["part"];
  /** In the model's own order. */
  plan(task: PlanningTask): readonly Planned[];
  /** What a person should know of the configuration's share in this kind. */
  warnings?(task: PlanningTask): readonly Warning[];
  /** Names of a file's tensors that a part needs, with their shapes. */
  tensors(planned: Planned): readonly (readonly [key: string, shape: readonly number[]])[];
  /** Lines of a table: layer, count, shape, rank, scaling, parameters. */
  describe(planned: readonly Planned[]): readonly (readonly string[])[];
  /** Doors that a model must have for a part. */
  hookPoints(planned: Planned): HookPointPaths;
  /** A part with its variables, attached nowhere yet. What it cannot finish it frees. */
  build(planned: Planned, maker: PartMaker): AdaptedPart;
}
