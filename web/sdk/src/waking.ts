import type { Environment } from "./environment";
import type { Stop } from "./observable";

/** What may have become of the network, and of the page. */
export interface Waking {
  /** The way to the network may be another one. */
  changed(): void;
  /** The browser says that there is none. */
  gone(): void;
  /** Somebody looks at the page again. */
  shown(): void;
}

export function onWaking(environment: Environment, { changed, gone, shown }: Waking): Stop {
  const { page, network } = environment;
  const looked = (): void => {
    if (environment.visible()) shown();
  };
  const wanted: [EventTarget | null, string, () => void][] = [
    [page, "online", changed],
    [page, "offline", gone],
    [page, "visibilitychange", looked],
    [network, "change", changed],
  ];
  for (const [target, name, listener] of wanted) target?.addEventListener(name, listener);
  return () => {
    for (const [target, name, listener] of wanted) target?.removeEventListener(name, listener);
  };
}
