// The text that a model reads in place of an image, as transformers' processors write it.

import type { TileGrid } from "./image-tiles.ts";

/** What the chat template writes for an image, and what the model reads there. */
export interface ImageWording {
  readonly written: string;
  readonly read: string;
}

/** An image of `tokens` tokens for each square, which is split into `grid`. */
export interface WordedImage {
  readonly tokens: number;
  readonly grid: TileGrid;
}

/** By the family's processor: the mark that chat templates write for an image, and what is read in its place. */
export const imageWordings = {
  /** Tiles with their place, row by row, then the whole image. */
  idefics3({ tokens, grid: { rows, columns } }: WordedImage): ImageWording {
    const [mark, around] = ["<image>", "<fake_token_around_image>"];
    const squares = mark.repeat(tokens);
    const row = (number: number) =>
      `${Array.from({ length: columns }, (_, column) => `${around}<row_${number}_col_${column + 1}>${squares}`).join("")}\n`;
    const tiles = Array.from({ length: rows }, (_, index) => row(index + 1)).join("");
    return { written: mark, read: `${tiles}${rows > 0 ? "\n" : ""}${around}<global-img>${squares}${around}` };
  },
  /** Always one square. */
  gemma3({ tokens }: WordedImage): ImageWording {
    const written = "<start_of_image>";
    return { written, read: `\n\n${written}${"<image_soft_token>".repeat(tokens)}<end_of_image>\n\n` };
  },
} as const;
