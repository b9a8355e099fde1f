// The kinds of parts that an adapter on a model has.

import type { AdaptedParameter } from "./adapted-parameter.ts";
import type { AdaptedSite } from "./adapted-site.ts";
import type { OverriddenParameter } from "./overridden-parameter.ts";
import type { TiedSite } from "./tied-site.ts";
import type { TrainedRows } from "./trained-rows.ts";

/** One part of an adapter. `part` is its kind. */
export type AdaptedPart = AdaptedSite | TiedSite | AdaptedParameter | TrainedRows | OverriddenParameter;
