// Which class a folder's tokenizer is of.

import { byteLevelClasses } from "./byte-level-classes.ts";
import { bytePairClasses } from "./byte-pair-classes.ts";
import { sentencePieceClasses } from "./sentence-piece-classes.ts";
import type { TokenizerClass } from "./tokenizer-draft.ts";
import { translationClasses } from "./translation-classes.ts";
import { wordPieceClasses } from "./word-piece-classes.ts";

const classes: readonly TokenizerClass[] = [
  ...translationClasses,
  ...sentencePieceClasses,
  ...bytePairClasses,
  ...byteLevelClasses,
  ...wordPieceClasses,
];

/** Every file that one of them needs. */
export const filesOfClasses: ReadonlySet<string> = new Set(classes.flatMap(({ files }) => files));

/** The class that a folder names – tokenizer_config.json, or its model's type – if the files that it needs are there. */
export function chosenClass(
  { className, modelType }: { readonly className: unknown; readonly modelType: unknown },
  present: readonly string[],
): TokenizerClass | undefined {
  const name = typeof className === "string" ? className.replace(/Fast$/, "") : undefined;
  const possible = classes.filter(({ files }) => files.every((file) => present.includes(file)));
  // Published folders name classes that others took the place of: the model's type says more than one that is not known.
  return (
    possible.find(({ names }) => name !== undefined && names.includes(name)) ??
    possible.find(({ modelTypes }) => modelTypes.some((type) => type === modelType))
  );
}
