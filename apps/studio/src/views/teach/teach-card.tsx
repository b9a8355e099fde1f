// The table of rows, and what was pasted or dropped into it.

import { useRef, useState } from "preact/hooks";
import { Card } from "../page/card.tsx";
import { useStudio } from "../page/use-studio.ts";
import { PasteBox } from "./paste-box.tsx";
import { RowsTable } from "./rows-table.tsx";
import { RowsUndoLine } from "./rows-undo-line.tsx";
import "./teach.css";

export function TeachCard() {
  const { rows, text } = useStudio();
  const { teach } = text.value;
  const [isPasting, setIsPasting] = useState(false);
  const [isOver, setIsOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const read = (file: File | undefined) => {
    if (file !== undefined) void rows.read({ file });
  };
  const left = rows.written.value.length - rows.teachable.value.length;
  return (
    <Card id="teach" title={teach.title} lead={teach.lead}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is one way more; the button does the same */}
      <div
        class={`drop ${isOver ? "is-over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setIsOver(false);
          read(event.dataTransfer?.files[0]);
        }}
      >
        <RowsTable />
        <div class="row">
          <button type="button" onClick={() => focusRow(rows.add())}>
            {teach.add}
          </button>
          <button type="button" aria-expanded={isPasting} onClick={() => setIsPasting(!isPasting)}>
            {teach.paste}
          </button>
          <button type="button" onClick={() => chooser.current?.click()}>
            {teach.file}
          </button>
          <input
            ref={chooser}
            type="file"
            class="unseen"
            tabIndex={-1}
            aria-label={teach.file}
            accept=".jsonl,.json,.ndjson,.csv,.tsv,.txt,.parquet"
            onChange={({ currentTarget }) => {
              read(currentTarget.files?.[0]);
              currentTarget.value = "";
            }}
          />
          {rows.written.value.length > 1 && (
            <button type="button" class="plain" onClick={() => rows.clear()}>
              {teach.removeAll}
            </button>
          )}
        </div>
        {isPasting && <PasteBox onDone={() => setIsPasting(false)} />}
        {rows.failure.value && (
          <p class="problem wraps" role="alert">
            {rows.failure.value}
          </p>
        )}
        <RowsUndoLine />
        <p class="quiet">
          {rows.written.value.length > 0 && (
            <>
              <span class="figure">{teach.count(rows.teachable.value.length, rows.tokens.value)}</span>
              {left > 0 && rows.checked.value.size > 0 && <span> · {teach.leftOut(left)}</span>}
              <br />
            </>
          )}
          {teach.dropHere}
        </p>
        {!rows.isKept.value && <p class="problem">{teach.notKept}</p>}
      </div>
    </Card>
  );
}

/** Once it is drawn. */
function focusRow(id: string): void {
  requestAnimationFrame(() => document.getElementById(`says-${id}`)?.focus());
}
