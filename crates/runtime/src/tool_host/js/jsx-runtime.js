// The automatic JSX runtime: elements are plain data.
export const Fragment = 'distri.fragment';
export const jsx = (type, props, key) => ({ type, props: props ?? {}, key: key === undefined ? null : String(key) });
export const jsxs = jsx;
export const jsxDEV = jsx;
