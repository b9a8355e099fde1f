// All kinds of parts, in file order: A and B first, then full weights. Planning a kind may use the parts before it.

import type { Warning } from "@lowrank/contracts";
import type { HookPointPaths } from "../hosts/hook-points.ts";
import { type PartName, type PlannedPart, partsOf } from "../planned/planned-parts.ts";
import type { PartKind, PlanningTask } from "./part-kind.ts";
import type { PartMaker } from "./part-maker.ts";
import { rawParameterKind } from "./raw-parameter-kind.ts";
import { siteKind } from "./site-kind.ts";
import { tiedSiteKind } from "./tied-site-kind.ts";
import { tokenRowsKind } from "./token-rows-kind.ts";
import { wholeParameterKind } from "./whole-parameter-kind.ts";

type PlannedOf<Name extends PartName> = Extract<PlannedPart, { readonly part: Name }>;

const partKinds: { readonly [Name in PartName]: PartKind<PlannedOf<Name>> } = {
  site: siteKind,
  "tied-site": tiedSiteKind,
  "raw-parameter": rawParameterKind,
  "token-rows": tokenRowsKind,
  "whole-parameter": wholeParameterKind,
};

function kindOf({ part }: PlannedPart): PartKind<PlannedPart> {
  return partKinds[part];
}

/** All parts of a plan. If a kind is refused, planning continues with the others, so that all errors are reported at once. */
export function planParts(task: Omit<PlanningTask, "planned">): readonly PlannedPart[] {
  const planned: PlannedPart[] = [];
  for (const kind of Object.values(partKinds))
    planned.push(...task.refusals.attempt<readonly PlannedPart[]>(() => kind.plan({ ...task, planned }), []));
  return planned;
}

/** Warnings for people about a configuration. */
export function partWarnings(task: PlanningTask): readonly Warning[] {
  return Object.values(partKinds).flatMap((kind: PartKind<PlannedPart>) => kind.warnings?.(task) ?? []);
}

/** All tensors that a file must have for the parts, with their shapes in files. */
export function tensorsFor(parts: readonly PlannedPart[]): ReadonlyMap<string, readonly number[]> {
  return new Map(parts.flatMap((planned) => kindOf(planned).tensors(planned)));
}

export function describeParts(parts: readonly PlannedPart[]): readonly (readonly string[])[] {
  const kinds: readonly PartKind<PlannedPart>[] = Object.values(partKinds);
  return kinds.flatMap((kind) => kind.describe(partsOf({ parts }, kind.part)));
}

export function hookPointsFor(parts: readonly PlannedPart[]): HookPointPaths {
  const hookPoints = parts.map((planned) => kindOf(planned).hookPoints(planned));
  return {
    sites: hookPoints.flatMap(({ sites }) => sites),
    parameters: hookPoints.flatMap(({ parameters }) => parameters),
  };
}

/** Builds a part and adds it to the maker's parts. */
export function makePart(planned: PlannedPart, maker: PartMaker): void {
  maker.builtParts.push(kindOf(planned).build(planned, maker));
}
