package fhir

import "amelie/internal/fault"

// What a form, or its answers, can break.
var (
	oneOfRule            = fault.Rule{Key: "reason.one-of", English: "%q is not one of %s"}
	badIDRule            = fault.Rule{Key: "reason.fhir-id", English: "at most 64 letters, digits, hyphens and dots are taken"}
	noAddressRule        = fault.Rule{Key: "reason.address", English: "this is no address"}
	linkMissingRule      = fault.Rule{Key: "reason.link-missing", English: "a linkId is missing"}
	linkTwiceRule        = fault.Rule{Key: "reason.link-twice", English: "the linkId stands twice"}
	typeUnknownRule      = fault.Rule{Key: "reason.unknown-name", English: "the type %q is unknown"}
	emptyGroupRule       = fault.Rule{Key: "reason.group-empty", English: "a group has no items"}
	displayItemsRule     = fault.Rule{Key: "reason.display", English: "a display has items"}
	displayAsksRule      = fault.Rule{Key: "reason.display", English: "a display asks nothing: no code, required, repeats or readOnly"}
	initialAloneRule     = fault.Rule{Key: "reason.initial", English: "only a question has an initial value"}
	noMaxLengthRule      = fault.Rule{Key: "reason.max-length", English: "the type %s has no maxLength"}
	optionsBothRule      = fault.Rule{Key: "reason.options-both", English: "answerOption and answerValueSet exclude each other"}
	optionsAloneRule     = fault.Rule{Key: "reason.options-alone", English: "only a choice has options"}
	initialSelectedRule  = fault.Rule{Key: "reason.initial-selected", English: "with options the first answer is marked by initialSelected"}
	optionValueRule      = fault.Rule{Key: "reason.option-value", English: "an option has no value that R4 takes"}
	valueSetRule         = fault.Rule{Key: "reason.value-set", English: "the value set %q is not inside the form, or is not a plain list: its answers cannot be checked"}
	boundTypeRule        = fault.Rule{Key: "reason.bound-type", English: "the bound has not the type %s"}
	boundOrderRule       = fault.Rule{Key: "reason.bound-order", English: "the smallest value is above the greatest"}
	wholeNumberRule      = fault.Rule{Key: "reason.whole-number", English: "%s is a whole number from 0 on"}
	behaviorMissingRule  = fault.Rule{Key: "reason.behavior", English: "with two conditions, enableBehavior says whether all or any hold"}
	behaviorWordRule     = fault.Rule{Key: "reason.behavior", English: "enableBehavior is all or any"}
	conditionOfRule      = fault.Rule{Key: "reason.condition-of", English: "the condition names %q, which is no item"}
	conditionSelfRule    = fault.Rule{Key: "reason.condition-self", English: "the condition depends on the item itself"}
	takesNoneRule        = fault.Rule{Key: "reason.takes-none", English: "%s takes no answer"}
	operatorUnknownRule  = fault.Rule{Key: "reason.unknown-name", English: "the operator %q is unknown"}
	conditionValueRule   = fault.Rule{Key: "reason.condition-value", English: "the condition has no value that its operator takes"}
	meaningRule          = fault.Rule{Key: "reason.meaning", English: "it changes the meaning in a way that is not understood here"}
	noMemberRule         = fault.Rule{Key: "reason.member", English: "R4 has no such member here"}
	extensionAddressRule = fault.Rule{Key: "reason.extension", English: "an extension has no address"}
	extensionMemberRule  = fault.Rule{Key: "reason.member", English: "an extension has the member %q, which R4 does not have"}
	linkMissingHereRule  = fault.Rule{Key: "reason.link-missing", English: "the linkId is missing"}
	itemsBesideRule      = fault.Rule{Key: "reason.beside", English: "items stand beside the answer, not below it"}
	noValueRule          = fault.Rule{Key: "reason.no-value", English: "an answer has no value and does not say why"}
	otherFormRule        = fault.Rule{Key: "reason.other-form", English: "the answers are to %q, the form is %q"}
	otherVersionRule     = fault.Rule{Key: "reason.other-version", English: "the answers are to version %q, the form is version %q"}
	noItemHereRule       = fault.Rule{Key: "reason.no-item-here", English: "the form has no such item here"}
	notAskedRule         = fault.Rule{Key: "reason.not-asked", English: "it is not asked after the other answers"}
	standsRule           = fault.Rule{Key: "reason.stands", English: "it stands %d times"}
	requiredRule         = fault.Rule{Key: "reason.required", English: "an answer is required"}
	atLeastRule          = fault.Rule{Key: "reason.answers-least", English: "at least %d answers are required"}
	atMostRule           = fault.Rule{Key: "reason.answers-most", English: "at most %d answers are taken"}
	oneAnswerRule        = fault.Rule{Key: "reason.answers-one", English: "it takes one answer, %d are given"}
	textAnswerRule       = fault.Rule{Key: "reason.text-answer", English: "a text takes no answer"}
	groupAnswerRule      = fault.Rule{Key: "reason.text-answer", English: "a group takes no answer of its own"}
	outsideRule          = fault.Rule{Key: "reason.outside", English: "the answer is outside what a %s takes here"}
	belowRule            = fault.Rule{Key: "reason.below", English: "the answer is below the smallest value"}
	aboveRule            = fault.Rule{Key: "reason.above", English: "the answer is above the greatest value"}
	longRule             = fault.Rule{Key: "reason.long", English: "the answer has %d characters, at most %d are taken"}
	shortRule            = fault.Rule{Key: "reason.short", English: "the answer has fewer than %d characters"}
	technicalRule        = fault.Rule{Key: "reason.technical", English: "%v"}
	notFormRule          = fault.Rule{Key: "reason.not-form", English: "this is %q, not a Questionnaire"}
	notAnswersRule       = fault.Rule{Key: "reason.not-answers", English: "this is %q, not a QuestionnaireResponse"}
	tooLongRule          = fault.Rule{Key: "reason.too-long-4", English: "the file is longer than 4 MB"}
	notFHIRRule          = fault.Rule{Key: "reason.not-fhir", English: "this is no resource of FHIR in JSON: %v"}
	shapeRule            = fault.Rule{Key: "reason.shape", English: "this is no resource of FHIR R4: at %s a JSON %s does not fit"}
)
