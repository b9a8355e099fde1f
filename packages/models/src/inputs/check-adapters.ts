// Whether the adapters that a call selects are there.

import { activeAdapters, type ForwardContext, inferenceContext, selectedNames } from "@lowrank/contracts";
import type { Part } from "@lowrank/engine/doors";
import { UnknownAdapterError } from "../errors.ts";

/** Throws UnknownAdapterError for selected names that nothing is attached under. */
export function checkAdapters(parts: readonly Part[], { adapters }: ForwardContext): void {
  const isAttached = (name: string) => parts.some((part) => part.isOpen(inferenceContext(activeAdapters(name))));
  const unknown = selectedNames(adapters).filter((name) => !isAttached(name));
  if (unknown.length > 0) throw new UnknownAdapterError(unknown);
}
