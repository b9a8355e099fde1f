// The table of rows, with pasting and dropping.

import "./teach.css";
import { useEffect, useRef, useState } from "preact/hooks";
import type { CheckedRow, Row, RowsText } from "../../protocol/rows.ts";
import { blank } from "../../state/rows.ts";
import { Card } from "../page/card.tsx";
import { FileButton } from "../page/file-button.tsx";
import { Problem } from "../page/problem.tsx";
import { UndoLine } from "../page/undo-line.tsx";
import { saveBlob, useStudio } from "../page/use-studio.ts";
import { useDrop } from "../top-bar/dropped-files.ts";

export function TeachCard() {
  const { rows, text } = useStudio();
  const { teach } = text.value;
  /** What the box for pasting starts with, if it is open. */
  const [pasting, setPasting] = useState<RowsText>();
  const read = ([file]: readonly File[]) => file && void rows.read({ file });
  const { isOver, handlers } = useDrop(read);
  const { value: undo } = rows.undo;
  const left = rows.written.value.length - rows.teachable.value.length;
  return (
    <Card id="teach" title={teach.title} lead={teach.lead}>
      <div class={`drop ${isOver ? "is-over" : ""}`} {...handlers}>
        <RowsTable />
        <div class="row">
          <button type="button" onClick={() => focusRow(rows.add())}>
            {teach.add}
          </button>
          <button
            type="button"
            aria-expanded={pasting !== undefined}
            onClick={() => setPasting(pasting ? undefined : { text: "" })}
          >
            {teach.paste}
          </button>
          <FileButton
            label={teach.file}
            field={{ accept: ".jsonl,.json,.ndjson,.csv,.tsv,.txt,.parquet,.xlsx" }}
            take={read}
          />
          <button type="button" class="plain" onClick={() => saveBlob(new Blob([templateSheet]), "rows.csv")}>
            {teach.template}
          </button>
          {rows.written.value.length > 1 && (
            <button type="button" class="plain" onClick={() => rows.clear()}>
              {teach.removeAll}
            </button>
          )}
        </div>
        {pasting && <PasteBox key={pasting.text} start={pasting} onDone={setPasting} />}
        <Problem>{rows.failure.value}</Problem>
        <BrokenNote onCorrect={setPasting} />
        <UndoLine words={undo && teach.undone(undo.what, undo.count)} onUndo={() => rows.takeBack()} />
        <p class="quiet">
          {rows.written.value.length > 0 && (
            <>
              <span class="figure">{teach.count(rows.teachable.value.length, rows.tokens.value)}</span>
              {left > 0 && rows.checked.value.size > 0 && <span> · {teach.leftOut(left)}</span>}
              <br />
            </>
          )}
          <span class="drop-here">{teach.dropHere}</span>
        </p>
        {!rows.isSaved.value && <p class="problem">{teach.notSaved}</p>}
      </div>
    </Card>
  );
}

/** Focuses a row once it is drawn. */
function focusRow(id: string): void {
  requestAnimationFrame(() => document.getElementById(`says-${id}`)?.focus());
}

/** Columns that every reader knows, and a row that says what they are for. Excel needs the mark to read UTF-8. */
const templateSheet = '\ufeffprompt,completion\r\nHow are you?,"Splendid, as ever. And you?"\r\n';

/** The rows that were not added, to be corrected in the box for pasting or left out. */
function BrokenNote({ onCorrect }: { readonly onCorrect: (lines: RowsText) => void }) {
  const { rows, text } = useStudio();
  const { teach } = text.value;
  const { value: broken } = rows.broken;
  if (broken === undefined) return null;
  const { lines } = broken;
  const leaveOut = () => {
    rows.broken.value = undefined;
  };
  return (
    <div class="note is-bad" role="status">
      <p class="problem">{teach.othersAdded(broken.problem)}</p>
      <div class="row">
        {lines && (
          <button type="button" onClick={() => onCorrect(lines)}>
            {teach.correct}
          </button>
        )}
        <button type="button" class="plain" onClick={leaveOut}>
          {teach.leaveOut}
        </button>
      </div>
    </div>
  );
}

interface PasteBoxProps {
  readonly start: RowsText;
  /** Called with the lines that are still broken, or with nothing. */
  readonly onDone: (broken?: RowsText) => void;
}

function PasteBox({ start, onDone }: PasteBoxProps) {
  const { rows, text } = useStudio();
  const { teach } = text.value;
  const [pasted, setPasted] = useState(start.text);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const add = async () => {
    await rows.read({ ...start, text: pasted });
    if (rows.failure.value === undefined) onDone(rows.broken.value?.lines);
  };
  return (
    <form
      class="paste"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <label>
        {teach.pasteLabel}
        <textarea ref={field} rows={5} value={pasted} onInput={({ currentTarget }) => setPasted(currentTarget.value)} />
      </label>
      <div class="row">
        <button type="submit" disabled={pasted.trim() === ""}>
          {teach.pasteAdd}
        </button>
        <button type="button" class="plain" onClick={() => onDone()}>
          {teach.cancel}
        </button>
      </div>
    </form>
  );
}

const first = 40;

function RowsTable() {
  const { rows, text } = useStudio();
  const { teach } = text.value;
  const [isWhole, setIsWhole] = useState(false);
  const { value: all } = rows.rows;
  const shown = isWhole ? all : all.slice(0, first);
  return (
    <>
      <div class="rows-head" aria-hidden="true">
        <span>{teach.says}</span>
        <span>{teach.answers}</span>
      </div>
      <ol class="rows">
        {shown.map((row, index) => (
          <RowLine key={row.id} row={row} number={index + 1} checked={rows.checked.value.get(row.id)} />
        ))}
      </ol>
      {shown.length < all.length && (
        <button type="button" onClick={() => setIsWhole(true)}>
          {teach.showAll(all.length)}
        </button>
      )}
    </>
  );
}

interface RowLineProps {
  readonly row: Row;
  /** Counted from 1. */
  readonly number: number;
  readonly checked: CheckedRow | undefined;
}

function RowLine({ row, number, checked }: RowLineProps) {
  const { model, rows, text } = useStudio();
  const { teach } = text.value;
  const [isOpen, setIsOpen] = useState(false);
  const problem = blank(row) ? undefined : checked?.problem;
  const remove = () => {
    rows.remove(row.id);
    // The focused button is gone; undo is probably the next wish.
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
