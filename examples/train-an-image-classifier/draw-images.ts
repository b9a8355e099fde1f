// Something to learn from where nobody brought images: stripes down, stripes across and squares, in any two colours.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mulberry32 } from "@lowrank/data";
import { PNG } from "pngjs";

const kinds = ["down", "across", "squares"] as const;
const side = 24;

/** Writes PNG files and the list of them; gives the list's path. */
export async function drawImages(folder: string, count: number, seed: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  const random = mulberry32(seed);
  const rows = Array.from({ length: count }, (_, index) => ({
    image: `${seed}-${index}.png`,
    label: kinds[index % kinds.length] ?? "down",
  }));
  for (const { image, label } of rows) await writeFile(join(folder, image), draw(label, random));
  const list = join(folder, `${seed}.jsonl`);
  await writeFile(list, `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
  return list;
}

function draw(kind: (typeof kinds)[number], random: () => number): Buffer {
  const png = new PNG({ width: side, height: side });
  const colour = () => Array.from({ length: 3 }, () => Math.floor(random() * 256));
  const [one, other] = [colour(), colour()];
  for (let pixel = 0; pixel < side * side; pixel++) {
    const [column, row] = [Math.floor((pixel % side) / 3) % 2, Math.floor(pixel / side / 3) % 2];
    const isOne = { down: column === 0, across: row === 0, squares: column === row }[kind];
    png.data.set([...(isOne ? one : other), 255], pixel * 4);
  }
  return PNG.sync.write(png);
}
