// What was done just now, with a button that takes it back.

import { useStudio } from "./use-studio.ts";

interface UndoLineProps {
  readonly words: string | undefined;
  onUndo(): void;
}

export function UndoLine({ words, onUndo }: UndoLineProps) {
  const { undo } = useStudio().text.value.page;
  return (
    <div role="status" class="undo">
      {words && (
        <>
          <span>{words}</span>
          <button type="button" class="plain" onClick={onUndo}>
            {undo}
          </button>
        </>
      )}
    </div>
  );
}
