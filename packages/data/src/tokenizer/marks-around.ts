// The marks that a tokenizer puts around every text.

import type { Tokenizer } from "@huggingface/tokenizers";

/** What the tokenizer writes around a text. It is asked of the post-processor: some texts have no token at all. */
export function marksAround({ post_processor }: Tokenizer): { readonly before: string[]; readonly after: string[] } {
  const text = "\0text";
  const tokens = post_processor?.post_process([text], null).tokens ?? [text];
  const at = tokens.indexOf(text);
  return at === -1 ? { before: tokens, after: [] } : { before: tokens.slice(0, at), after: tokens.slice(at + 1) };
}
