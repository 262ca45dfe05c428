// Reading aloud with a voice that the device has itself: one on the network
// would tell a stranger what is read here.
const speech = globalThis.speechSynthesis;
const language = tag => tag.toLowerCase().replace('_', '-').split('-')[0];

// voiceFor is such a voice for a language; undefined when there is none.
export const voiceFor = lang => speech?.getVoices().find(v => v.localService && language(v.lang) === language(lang));

// speak reads a text, in place of what is being read.
export const speak = (text, voice, ended) => {
  const words = Object.assign(new SpeechSynthesisUtterance(text), { voice, lang: voice.lang, rate: .9, onend: ended });
  speech.cancel();
  speech.speak(words);
};

export const hush = () => speech?.cancel();

// voicesChanged calls back whenever the device has found further voices.
export const voicesChanged = then => speech?.addEventListener?.('voiceschanged', then);
