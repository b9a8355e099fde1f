// One side's answer; words that the adapter made much likelier are underlined and say by how much.

import type { Side, Word } from "../../protocol/chat.ts";
import { useStudio } from "../page/use-studio.ts";

export interface AnswerProps {
  readonly side: Side;
  readonly title: string;
  readonly text: string | undefined;
  readonly words?: readonly Word[] | undefined;
  readonly isWriting: boolean;
}

/** Three times as likely. */
const marked = Math.log(3);

export function Answer({ side, title, text, words, isWriting }: AnswerProps) {
  const { trying } = useStudio().text.value;
  return (
    <section class={`answer ${side}`} aria-busy={isWriting}>
      <h3>{title}</h3>
      {words === undefined ? (
        <p>
          {text || <span class="quiet">{isWriting ? trying.waiting : trying.silent}</span>}
          {isWriting && text && <span class="caret" aria-hidden="true" />}
        </p>
      ) : (
        <p>
          <Marked words={words} />
        </p>
      )}
    </section>
  );
}

function Marked({ words }: { readonly words: readonly Word[] }) {
  const { trying } = useStudio().text.value;
  if (words.length === 0) return <span class="quiet">{trying.silent}</span>;
  return words.map(({ text, likelier }, place) => {
    const space = text.slice(0, text.length - text.trimStart().length);
    const before = place === 0 ? "" : space;
    if (likelier < marked || text.trim() === "") return `${before}${text.trimStart()}`;
    return (
      <span key={place}>
        {before}
        <mark title={trying.likelier(Math.exp(likelier))}>{text.trimStart()}</mark>
      </span>
    );
  });
}
