// Opens a model's doors for one adapter: all of them, or none.

import type { Adaptation, Detach, ForwardContext } from "@lowrank/contracts";

export interface Opener {
  /** The adapter's. */
  readonly name: string;
  /** Throws if a call selects adapters that cannot act together; `ownPath` is a weight that the adapter replaces. */
  readonly checkCall: (context: ForwardContext, ownPath?: string) => void;
}

export interface HookPoint {
  open(opener: Opener): Detach;
}

/** Attaches everything. If one door refuses, those already open are closed again and its error goes on. */
export function openHookPoints(opener: Opener, parts: readonly HookPoint[]): Detach {
  const closers: Detach[] = [];
  const closeAll = () => {
    for (const close of closers.splice(0).reverse()) close();
  };
  try {
    for (const part of parts) closers.push(part.open(opener));
  } catch (error) {
    closeAll();
    throw error;
  }
  return closeAll;
}

// An adapter's own look at each call: what several adapters cannot do together is refused where they meet.

/**
 * The same adaptation, which refuses calls whose selection does not pass the check. `ownPath`: the weight that the
 * adapter has values of its own for, if it has.
 */
export function withCallsChecked(adaptation: Adaptation, { checkCall }: Opener, ownPath?: string): Adaptation {
  return {
    get variables() {
      return adaptation.variables;
    },
    lowRank(context) {
      checkCall(context, ownPath);
      return adaptation.lowRank?.(context);
    },
    apply(call) {
      checkCall(call.context, ownPath);
      return adaptation.apply(call);
    },
  };
}
