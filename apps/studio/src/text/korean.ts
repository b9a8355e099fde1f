// Korean.

import type { Texts } from "./english.ts";
import { adapt } from "./ko/adapt.ts";
import { drawing } from "./ko/drawing.ts";
import { look } from "./ko/look.ts";
import { model } from "./ko/model.ts";
import { page } from "./ko/page.ts";
import { presets } from "./ko/presets.ts";
import { share } from "./ko/share.ts";
import { shelf } from "./ko/shelf.ts";
import { takeHome } from "./ko/take-home.ts";
import { teach } from "./ko/teach.ts";
import { train } from "./ko/train.ts";
import { trying } from "./ko/try.ts";

export const korean: Texts = {
  page,
  model,
  drawing,
  teach,
  adapt,
  train,
  trying,
  presets,
  share,
  shelf,
  look,
  takeHome,
};
