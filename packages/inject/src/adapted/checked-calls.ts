// An adapter's own look at each call: what several adapters cannot do together is refused where they meet.

import type { Adaptation } from "@lowrank/contracts";
import type { Opener } from "./open-doors.ts";

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
