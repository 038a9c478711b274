/** Throws where one of the builds is missing, or is not of the sources that are here. */
export function needFresh(names: readonly string[]): void;
