// Opens a model's doors for one adapter: all of them, or none.

import type { Adaptation, Detach, ParameterRef, Site } from "@lowrank/contracts";
import type { Variable } from "@tensorflow/tfjs-core";

/** What one adapter puts behind the doors of a model. */
export interface Doors {
  readonly sites: readonly { readonly site: Site; readonly adaptation: Adaptation }[];
  readonly parameters: readonly { readonly parameter: ParameterRef; readonly variable: Variable }[];
}

/** Attaches everything under `name`. If one door refuses, those already open are closed again and its error goes on. */
export function openDoors(name: string, doors: Doors): Detach {
  const closers: Detach[] = [];
  const closeAll = () => {
    for (const close of closers.splice(0).reverse()) close();
  };
  try {
    for (const { site, adaptation } of doors.sites) closers.push(site.attach(name, adaptation));
    for (const { parameter, variable } of doors.parameters) closers.push(parameter.override(name, variable));
  } catch (error) {
    closeAll();
    throw error;
  }
  return closeAll;
}
