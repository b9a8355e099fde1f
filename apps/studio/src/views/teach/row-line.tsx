// One row: two fields, what is wrong beside the field, and how the model reads it.

import { useState } from "preact/hooks";
import type { CheckedRow, Row } from "../../protocol/rows.ts";
import { blank } from "../../state/rows.ts";
import { useStudio } from "../page/use-studio.ts";

export interface RowLineProps {
  readonly row: Row;
  /** Counted from 1. */
  readonly number: number;
  readonly checked: CheckedRow | undefined;
}

export function RowLine({ row, number, checked }: RowLineProps) {
  const { model, rows, text } = useStudio();
  const { teach } = text.value;
  const [isOpen, setIsOpen] = useState(false);
  const problem = blank(row) ? undefined : checked?.problem;
  const remove = () => {
    rows.remove(row.id);
    // The button that had the focus is gone; the way back is what a person may want next.
    requestAnimationFrame(() => document.querySelector<HTMLElement>(".undo button")?.focus());
  };
  const field = (column: "says" | "answers", label: string) => (
    <div class="row-field">
      <textarea
        id={`${column}-${row.id}`}
        rows={Math.min(6, Math.max(1, Math.ceil(row[column].length / 38)))}
        value={row[column]}
        aria-label={label}
        placeholder={number === 1 ? teach.example(model.facts.value?.chats ?? false)[column] : undefined}
        aria-invalid={problem?.column === column}
        aria-describedby={problem?.column === column ? `problem-${row.id}` : undefined}
        onInput={({ currentTarget }) => rows.change(row.id, { [column]: currentTarget.value })}
      />
      {problem?.column === column && (
        <p class="problem" id={`problem-${row.id}`} role="status">
          {teach.problem(problem)}
        </p>
      )}
    </div>
  );
  return (
    <li class="row-line">
      {field("says", teach.saysOf(number))}
      {field("answers", teach.answersOf(number))}
      <div class="row-tools">
        <button type="button" class="plain" title={teach.remove(number)} onClick={remove}>
          <span aria-hidden="true">×</span>
          <span class="unseen">{teach.remove(number)}</span>
        </button>
      </div>
      {!blank(row) && checked && checked.tokens > 0 && (
        <p class="row-facts quiet">
          {row.before && <span>{teach.earlier(row.before.length)} · </span>}
          <span class="figure">{teach.tokens(checked.tokens)}</span> ·{" "}
          <button type="button" class="plain" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
            {teach.asModel}
            <span class="unseen"> ({number})</span>
          </button>
        </p>
      )}
      {isOpen && checked && (
        <figure class="row-pieces" aria-label={teach.asModelOf(number)}>
          <p class="pieces">
            {checked.pieces.map(({ text: piece, counted }, index) =>
              counted ? <mark key={index}>{piece}</mark> : <span key={index}>{piece}</span>,
            )}
          </p>
          <figcaption class="quiet">{teach.shaded}</figcaption>
        </figure>
      )}
    </li>
  );
}
