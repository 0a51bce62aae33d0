/** The bytes of files, as addresses that elements can draw. Let go of with the component. */
import { onScopeDispose, ref, watch, type Ref } from "vue";

import { parlor } from "@/sdk";

export interface Drawn {
  url: Ref<string>;
  failed: Ref<boolean>;
  again: () => void;
}

/** Loads whatever `id` names now; an empty one is nothing. */
export function useBytes(id: () => string, part: "file" | "thumbnail"): Drawn {
  const url = ref("");
  const failed = ref(false);
  let wanted = "";

  function drop(): void {
    if (url.value !== "") URL.revokeObjectURL(url.value);
    url.value = "";
  }

  async function load(): Promise<void> {
    const now = (wanted = id());
    failed.value = false;
    drop();
    if (now === "") return;
    try {
      const bytes = await parlor.files.bytes(now, part);
      if (wanted === now) url.value = URL.createObjectURL(bytes);
    } catch {
      if (wanted === now) failed.value = true;
    }
  }

  watch(id, load, { immediate: true });
  onScopeDispose(() => {
    wanted = "";
    drop();
  });
  return { url, failed, again: () => void load() };
}

/** Has the browser save the file under its name. */
export async function save(id: string, name: string): Promise<void> {
  const url = URL.createObjectURL(await parlor.files.bytes(id));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
