// The files of vocabularies, by themselves: a page asks for them before it loads what makes a tokenizer of one.

/** Every file that one of transformers' classes needs. */
export const vocabularyFiles: readonly string[] = [
  ...["source.spm", "target.spm", "vocab.json", "sentencepiece.bpe.model", "spiece.model", "spm.model"],
  ...["tokenizer.model", "merges.txt", "vocab.txt"],
];
