// A button that lets a person choose files.

import { useRef } from "preact/hooks";

interface FileButtonProps {
  readonly label: string;
  readonly class?: string;
  readonly isDisabled?: boolean;
  /** Attributes of the field behind the button: `accept`, `multiple`, `webkitdirectory`. */
  readonly field: Readonly<Record<string, string | boolean>>;
  take(files: readonly File[]): void;
}

export function FileButton({ label, isDisabled = false, field, take, ...button }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" {...button} disabled={isDisabled} onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        {...{ ref: input, type: "file", hidden: true, "aria-label": label, ...field }}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = ""; // choosing the same files again is a change too
          if (files.length > 0) take(files);
        }}
      />
    </>
  );
}
