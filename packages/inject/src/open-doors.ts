// Opens a model's doors for one adapter: all of them, or none.

import type { Detach } from "@lowrank/contracts";
import type { AdapterPart } from "./adapter-part.ts";

/** Attaches everything under `name`. If one door refuses, those already open are closed again and its error goes on. */
export function openDoors(name: string, parts: readonly Pick<AdapterPart, "open">[]): Detach {
  const closers: Detach[] = [];
  const closeAll = () => {
    for (const close of closers.splice(0).reverse()) close();
  };
  try {
    for (const part of parts) closers.push(part.open(name));
  } catch (error) {
    closeAll();
    throw error;
  }
  return closeAll;
}
