// Something to describe where nobody brought images: a bar in one of three colours, lying or standing, on a grey ground.

import { mulberry32 } from "@lowrank/data";
import { PNG } from "pngjs";

const colours = { red: [230, 40, 40], green: [40, 200, 60], blue: [50, 70, 230] } as const;
const side = 16;

export interface DrawnShape {
  /** The bytes of a PNG file. */
  readonly image: Uint8Array;
  /** "a red bar, standing" */
  readonly words: string;
}

export function drawShapes(count: number, seed: number): readonly DrawnShape[] {
  const random = mulberry32(seed);
  const one = <Choice>(of: readonly Choice[]) => of[Math.floor(random() * of.length)] as Choice;
  return Array.from({ length: count }, () => {
    const name = one(Object.keys(colours) as (keyof typeof colours)[]);
    const isStanding = one([true, false]);
    const [offset, grey] = [2 + Math.floor(random() * 10), 90 + Math.floor(random() * 60)];
    const png = new PNG({ width: side, height: side });
    for (let pixel = 0; pixel < side * side; pixel++) {
      const across = isStanding ? pixel % side : Math.floor(pixel / side);
      const isBar = across >= offset && across < offset + 4;
      png.data.set([...(isBar ? colours[name] : [grey, grey, grey]), 255], pixel * 4);
    }
    return { image: PNG.sync.write(png), words: `a ${name} bar, ${isStanding ? "standing" : "lying"}` };
  });
}
