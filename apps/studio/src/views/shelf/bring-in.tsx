// Adapters from elsewhere: dropped, chosen, or fetched from the Hub.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { useStudio } from "../page/use-studio.ts";
import { droppedFiles } from "../top-bar/dropped-files.ts";
import { ShelfProblem } from "./shelf-problem.tsx";

export function BringIn() {
  const studio = useStudio();
  const { shelf } = studio;
  const words = studio.text.value.shelf;
  const isOver = useSignal(false);
  const repository = useSignal("");
  const input = useRef<HTMLInputElement>(null);
  const isBusy = shelf.busy.value === "add" || studio.model.facts.value === undefined;
  const add = async (from: Parameters<typeof shelf.add>[0]) => {
    if (!(await shelf.add(from))) return;
    repository.value = "";
    studio.announce(words.added(shelf.entry.value?.name ?? ""));
  };
  const take = (files: readonly File[]) => files.length > 0 && void add({ files });
  return (
    <details class="shelf-more">
      <summary>{words.bringIn}</summary>
      <fieldset
        aria-label={words.bringIn}
        class={`drop${isOver.value ? " over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          isOver.value = true;
        }}
        onDragLeave={() => {
          isOver.value = false;
        }}
        onDrop={(event) => {
          event.preventDefault();
          isOver.value = false;
          if (event.dataTransfer) void droppedFiles(event.dataTransfer).then(take);
        }}
      >
        <span>{words.drop}</span>
        <button type="button" class="plain" disabled={isBusy} onClick={() => input.current?.click()}>
          {words.chooseFile}
        </button>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label={words.chooseFile}
          data-testid="adapter-files"
          onChange={({ currentTarget }) => {
            const files = [...(currentTarget.files ?? [])];
            currentTarget.value = ""; // choosing the same file again is a change too
            take(files);
          }}
        />
      </fieldset>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void add({ repository: repository.value });
        }}
      >
        <label>
          {words.hub}
          <input
            value={repository.value}
            placeholder={words.hubPlaceholder}
            onInput={(event) => {
              repository.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit" disabled={isBusy || repository.value.trim() === ""}>
          {words.fetch}
        </button>
      </form>
      <p class="quiet" role="status">
        {shelf.busy.value === "add" && words.adding}
      </p>
      <ShelfProblem at="add" />
    </details>
  );
}
