/** The React of an app that tries something else. */
export const REACT = { react: '19.3.1', 'react-dom': '19.3.1' };
