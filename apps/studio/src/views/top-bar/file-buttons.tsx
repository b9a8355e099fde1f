// The same as dropping, for those who cannot drag: files, or a folder.

import { useRef } from "preact/hooks";
import { useStudio } from "../page/use-studio.ts";

export function FileButtons() {
  const { model, text } = useStudio();
  const words = text.value.model;
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (input: HTMLInputElement) => {
    const chosen = [...(input.files ?? [])];
    input.value = ""; // choosing the same files again is a change too
    if (chosen.length > 0) void model.choose({ kind: "files", files: chosen });
  };
  const hidden = (label: string) => ({
    type: "file" as const,
    multiple: true,
    hidden: true,
    "aria-label": label,
    onChange: (event: { readonly currentTarget: HTMLInputElement }) => take(event.currentTarget),
  });
  return (
    <div class="model-files">
      <div class="row">
        <button type="button" onClick={() => files.current?.click()}>
          {words.chooseFiles}
        </button>
        <button type="button" onClick={() => folder.current?.click()}>
          {words.chooseFolder}
        </button>
        <input ref={files} data-testid="model-files" {...hidden(words.chooseFiles)} />
        <input ref={folder} {...hidden(words.chooseFolder)} {...{ webkitdirectory: true }} />
      </div>
      <p class="quiet">{words.ownFormats}</p>
    </div>
  );
}
