// The conversation: the user's line across both columns, the answers side by side; on a phone one of the two at a time.

import { useState } from "preact/hooks";
import type { Side, Word } from "../../protocol/chat.ts";
import type { Exchange } from "../../state/chat.ts";
import { UndoLine } from "../page/undo-line.tsx";
import { useStudio } from "../page/use-studio.ts";

export function Conversation() {
  const { chat, text } = useStudio();
  const { trying } = text.value;
  const [shown, setShown] = useState<Side>("adapted");
  const { value: exchanges } = chat.exchanges;
  const last = exchanges.length - 1;
  const isMarked = exchanges.some(({ words }) => words !== undefined);
  const votes = exchanges.flatMap(({ better }) => better ?? []);
  const won = votes.filter((side) => side === "adapted").length;
  if (exchanges.length === 0)
    return <UndoLine words={chat.cleared.value && trying.cleared} onUndo={() => chat.undo()} />;
  return (
    <>
      <fieldset class="sides">
        <legend class="unseen">{trying.whichSide}</legend>
        {(["base", "adapted"] as const).map((side) => (
          <label class="inline" key={side}>
            <input type="radio" name="side" checked={shown === side} onChange={() => setShown(side)} />
            {trying[side]}
          </label>
        ))}
      </fieldset>
      <ol class={`conversation shows-${shown}`}>
        {exchanges.map((exchange, index) => (
          <li key={`${index} ${exchange.says}`}>
            <p class="says">
              <span class="unseen">{trying.you}: </span>
              {exchange.says}
            </p>
            <Answers exchange={exchange} isWriting={index === last && chat.isAnswering.value} />
            {exchange.base && exchange.adapted && !(index === last && chat.isAnswering.value) && (
              <Vote index={index} exchange={exchange} />
            )}
          </li>
        ))}
      </ol>
      <div class="row spread">
        <p class="quiet legend">
          {isMarked && trying.legend} {votes.length > 0 && trying.votes(won, votes.length)}
        </p>
        <div class="row">
          <button
            type="button"
            class="plain"
            onClick={() => chat.answerAgain()}
            disabled={chat.isAnswering.value || chat.isTraining.value}
          >
            {trying.again}
          </button>
          <button type="button" class="plain" onClick={() => chat.clear()} disabled={chat.isAnswering.value}>
            {trying.clear}
          </button>
        </div>
      </div>
    </>
  );
}

function Answers({ exchange, isWriting }: { readonly exchange: Exchange; readonly isWriting: boolean }) {
  const { text } = useStudio();
  const { trying } = text.value;
  const { base, adapted, adapter, strength = 1, wasStopped } = exchange;
  return (
    <div class="answers">
      <Answer side="base" title={trying.base} text={base} isWriting={isWriting} />
      {adapted === undefined ? (
        <section class="answer adapted nobody">
          <p class="quiet">{trying.noAdapter}</p>
        </section>
      ) : (
        <Answer
          side="adapted"
          title={adapter === undefined ? trying.adapted : trying.adaptedBy(adapter, strength)}
          text={adapted}
          words={exchange.words}
          isWriting={isWriting}
        />
      )}
      {wasStopped && !isWriting && <p class="quiet stopped">{trying.stopped}</p>}
    </div>
  );
}

function Vote({ index, exchange: { says, better } }: { readonly index: number; readonly exchange: Exchange }) {
  const { chat, text } = useStudio();
  const { trying } = text.value;
  return (
    <fieldset class="vote row">
      <legend class="unseen">
        {trying.better} {says}
      </legend>
      <span class="quiet" aria-hidden="true">
        {trying.better}
      </span>
      {(["base", "adapted"] as const).map((side) => (
        <button
          key={side}
          type="button"
          class="plain"
          aria-pressed={better === side}
          onClick={() => chat.vote(index, side)}
        >
          {better === side && "✓ "}
          {trying[side]}
        </button>
      ))}
    </fieldset>
  );
}

interface AnswerProps {
  readonly side: Side;
  readonly title: string;
  readonly text: string | undefined;
  readonly words?: readonly Word[] | undefined;
  readonly isWriting: boolean;
}

/** Three times as likely. */
const marked = Math.log(3);

function Answer({ side, title, text, words, isWriting }: AnswerProps) {
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
