// A place to paste rows into.

import { useEffect, useRef, useState } from "preact/hooks";
import { useStudio } from "../page/use-studio.ts";

export function PasteBox({ onDone }: { readonly onDone: () => void }) {
  const { rows, text } = useStudio();
  const { teach } = text.value;
  const [pasted, setPasted] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const add = async () => {
    await rows.read({ text: pasted });
    if (rows.failure.value === undefined) onDone();
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
        <button type="button" class="plain" onClick={onDone}>
          {teach.cancel}
        </button>
      </div>
    </form>
  );
}
