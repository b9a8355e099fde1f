// All rows that one adapter is trained for.

import { familyVariants } from "./family-variants.ts";
import { fieldVariants } from "./field-variants.ts";
import { initVariants } from "./init-variants.ts";
import { layerVariants } from "./layer-variants.ts";
import { tableVariants } from "./table-variants.ts";
import type { Variant } from "./variant.ts";

export const variants: readonly Variant[] = [
  ...fieldVariants,
  ...initVariants,
  ...layerVariants,
  ...tableVariants,
  ...familyVariants,
];
