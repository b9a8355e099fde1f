// English: a file a slice. It says which sentences there are; the other languages must have them.

import { adapt } from "./en/adapt.ts";
import { drawing } from "./en/drawing.ts";
import { look } from "./en/look.ts";
import { model } from "./en/model.ts";
import { page } from "./en/page.ts";
import { presets } from "./en/presets.ts";
import { share } from "./en/share.ts";
import { shelf } from "./en/shelf.ts";
import { takeHome } from "./en/take-home.ts";
import { teach } from "./en/teach.ts";
import { train } from "./en/train.ts";
import { trying } from "./en/try.ts";

export const english = { page, model, drawing, teach, adapt, train, trying, presets, share, shelf, look, takeHome };
export type Texts = typeof english;
