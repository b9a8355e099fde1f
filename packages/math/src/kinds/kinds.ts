// The table of layer kinds: a new one is a file and a line here.

import type { Site } from "@lowrank/contracts";
import { convolution } from "./convolution.ts";
import { embedding } from "./embedding.ts";
import type { LayerKind, SiteKind } from "./layer-kind.ts";
import { linear } from "./linear.ts";
import { parameter } from "./parameter.ts";

/** Kinds of sites, by the `kind` of a `Site`. */
export const siteKinds: Readonly<Record<Site["kind"], SiteKind>> = { linear, embedding, convolution };

/** All kinds of layers that can have A and B. */
export const layerKinds: Readonly<Record<Site["kind"] | "parameter", LayerKind>> = { ...siteKinds, parameter };
