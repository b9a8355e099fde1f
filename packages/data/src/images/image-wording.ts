// The text that a model reads in place of an image, as transformers' processors write it.

import type { TileGrid } from "./image-tiles.ts";

/** The text that the chat template writes for an image, and its replacement in the model's input. */
export interface ImageWording {
  readonly written: string;
  readonly read: string;
}

/** An image of `tokens` tokens for each square, which is split into `grid`. */
export interface WordedImage {
  readonly tokens: number;
  readonly grid: TileGrid;
}

/** By the processor's family: the placeholder in chat templates, and its replacement in the model's input. */
export const imageWordings = {
  /** The tiles with their rows and columns, then the whole image. */
  idefics3({ tokens, grid: { rows, columns } }: WordedImage): ImageWording {
    const [placeholder, around] = ["<image>", "<fake_token_around_image>"];
    const squares = placeholder.repeat(tokens);
    const row = (number: number) =>
      `${Array.from({ length: columns }, (_, column) => `${around}<row_${number}_col_${column + 1}>${squares}`).join("")}\n`;
    const tiles = Array.from({ length: rows }, (_, index) => row(index + 1)).join("");
    return { written: placeholder, read: `${tiles}${rows > 0 ? "\n" : ""}${around}<global-img>${squares}${around}` };
  },
  /** Always one square. */
  gemma3({ tokens }: WordedImage): ImageWording {
    const written = "<start_of_image>";
    return { written, read: `\n\n${written}${"<image_soft_token>".repeat(tokens)}<end_of_image>\n\n` };
  },
  /** Always one square. */
  paligemma({ tokens }: WordedImage): ImageWording {
    const written = "<image>";
    return { written, read: written.repeat(tokens) };
  },
  /** The squares of an image; without a grid one square. */
  qwen3Vl({ tokens, grid: { rows, columns } }: WordedImage): ImageWording {
    const written = "<|image_pad|>";
    return { written, read: written.repeat(tokens * Math.max(1, rows * columns)) };
  },
} as const;
