// Every kind of part, in the order of files: pairs, then what is stored whole. Each is planned by what the ones before it are.

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

/** All parts of a plan. A kind that is refused is left out and the others go on, so that everything is refused at once. */
export function planParts(task: Omit<PlanningTask, "planned">): readonly PlannedPart[] {
  const planned: PlannedPart[] = [];
  for (const kind of Object.values(partKinds))
    planned.push(...task.refusals.attempt<readonly PlannedPart[]>(() => kind.plan({ ...task, planned }), []));
  return planned;
}

/** What a person should know of a configuration besides what its parts are. */
export function partWarnings(task: PlanningTask): readonly Warning[] {
  return Object.values(partKinds).flatMap((kind: PartKind<PlannedPart>) => kind.warnings?.(task) ?? []);
}

/** Every tensor that a file must have for the parts, with its shape as files store it. */
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

/** Makes a part and remembers it among those that the maker has made. */
export function makePart(planned: PlannedPart, maker: PartMaker): void {
  maker.made.push(kindOf(planned).build(planned, maker));
}
