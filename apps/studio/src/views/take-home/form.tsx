// One form in which an adapter leaves the tab.

import type { ShelfEntry } from "../../protocol/shelf.ts";
import type { TakeHomeForm } from "../../state/take-home.ts";
import { saveBlob } from "../page/save-blob.ts";
import { useStudio } from "../page/use-studio.ts";

interface FormProps {
  readonly entry: ShelfEntry;
  readonly form: TakeHomeForm;
  readonly title: string;
  readonly says: string;
  readonly isPossible?: boolean;
  readonly onTake: () => void;
}

export function Form({ entry, form, title, says, isPossible = true, onTake }: FormProps) {
  const { takeHome, text } = useStudio();
  const words = text.value.takeHome;
  const isMaking = takeHome.making.value === form;
  const { value: progress } = takeHome.progress;
  const { value: failure } = takeHome.failure;
  const take = async () => {
    onTake();
    const file = await takeHome.make(entry.id, form);
    if (file !== undefined) saveBlob(file.blob, file.name);
  };
  return (
    <div class="form">
      <h3>{title}</h3>
      <p class="quiet">{says}</p>
      <button
        type="button"
        class={form === "peft" ? "main" : ""}
        aria-label={`${form === "gguf" ? words.downloadFile : words.download}: ${title}`}
        disabled={!isPossible || takeHome.making.value !== undefined}
        onClick={() => void take()}
      >
        {form === "gguf" ? words.downloadFile : words.download}
      </button>
      <div role="status">
        {isMaking && (
          <p class="quiet figure">
            {progress === undefined || progress.doneBytes === 0
              ? form === "merged"
                ? words.merging
                : words.making
              : words.progress(progress.doneBytes, progress.totalBytes)}
          </p>
        )}
      </div>
      {failure?.form === form && (
        <p class="problem" role="alert">
          {words.failures[failure.code ?? ""] ?? failure.message}
        </p>
      )}
    </div>
  );
}
