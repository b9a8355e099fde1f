// Images of any size, whose tokens are a grid: the positions of tokens in texts with images (M-RoPE, Wang et al. 2024, "Qwen2-VL"), and
// of patches in the encoder.

import { modelInputError } from "../errors.ts";
import type { Grid } from "../parts/images/resample-grid.ts";
import type { PassInputs } from "../parts/pass-inputs.ts";

type Rows = readonly (readonly number[])[];

/** The images of texts, in the order of their tokens, and the id of these tokens. */
interface GridImages {
  readonly grids: readonly Grid[];
  readonly token: number | null;
}

/**
 * The positions of ids [batch][time] with images, from those that count tokens, [batch or 1][time]. In time, all tokens of an image have
 * the position of its first one; rows and columns count from there. The text after it continues behind the longer side: `shifts` has
 * the difference to counted tokens at the end of each text. Throws MODEL_INPUT.
 */
export function placeImages(ids: Rows, positions: Rows, { grids, token }: GridImages) {
  let image = 0;
  const shifts: number[] = [];
  const texts = ids.map((row, text) => {
    let [shift, seen] = [0, 0];
    const places = row.map((id, index) => {
      const time = ((positions[text] ?? positions[0])?.[index] ?? 0) + shift - seen;
      const grid = id === token ? grids[image] : undefined;
      if (grid === undefined) return [time, time, time] as const;
      const place = [time, time + Math.floor(seen / grid.columns), time + (seen % grid.columns)] as const;
      seen++;
      if (seen < grid.rows * grid.columns) return place;
      shift += Math.max(grid.rows, grid.columns) - seen;
      seen = 0;
      image++;
      return place;
    });
    if (seen > 0)
      throw modelInputError("imageGrids", `row ${text} of inputIds has only ${seen} tokens of image ${image}`);
    shifts.push(shift);
    return places;
  });
  const axis = (number: 0 | 1 | 2) => texts.map((places) => places.map((place) => place[number]));
  return { positions: axis(0), places: [axis(1), axis(2)] as const, shifts };
}

/** The encoder's inputs for squares of `side` × `side` patches, one after the other: the patches of an image see each other. */
export function patchInputs(grids: readonly Grid[], side: number) {
  const patches = grids.flatMap(({ rows, columns }) =>
    Array.from({ length: rows * columns * side ** 2 }, (_, index) => {
      const [square, patch] = [Math.floor(index / side ** 2), index % side ** 2];
      const row = Math.floor(square / columns) * side + Math.floor(patch / side);
      return { row: [row], column: [(square % columns) * side + (patch % side)] };
    }),
  );
  const rows = patches.map(({ row }) => row);
  const groups = grids.map((grid) => ({ rows: 1, time: grid.rows * grid.columns * side ** 2 }));
  return {
    positions: rows,
    places: [rows, patches.map(({ column }) => column)],
    groups,
    grids,
  } satisfies Partial<PassInputs>;
}
