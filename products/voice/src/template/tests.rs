use super::*;
use crate::callee;
use crate::execution::Speaker;
use crate::graph::Node;
use crate::graph::validate::{validate, validate_inputs};

#[test]
fn every_template_file_reads() {
    for file in FILES {
        serde_json::from_str::<Template>(file).expect("the file is a template");
    }
    assert_eq!(template_list().len(), FILES.len());
}

#[test]
fn every_template_and_its_sample_are_without_problems() {
    for template in template_list() {
        assert_eq!(validate(&template.graph), [], "{}", template.id);
        assert_eq!(validate_inputs(&template.graph, &template.sample_inputs), [], "{}", template.id);
        assert_eq!(callee::validate(&template.sample_script, &template.graph), [], "{}", template.id);
    }
}

#[test]
fn every_sample_run_reaches_the_outcome_it_promises() {
    for template in template_list() {
        let run = callee::run(&template.graph, &template.sample_inputs, &template.sample_script);
        let ended = run.ended().expect("a scripted run ends");
        assert_eq!(ended.outcome, template.sample_outcome, "{}: {:#?}", template.id, run.transcript());
        assert!(ended.success, "{}", template.id);
    }
}

#[test]
fn every_sample_uses_all_its_replies() {
    for template in template_list() {
        let run = callee::run(&template.graph, &template.sample_inputs, &template.sample_script);
        let said = run.transcript().iter().filter(|line| line.speaker == Speaker::Callee).count();
        assert_eq!(said, template.sample_script.replies.len(), "{}", template.id);
    }
}

#[test]
fn every_template_calls_a_webhook_and_can_hand_over_to_a_person() {
    for template in template_list() {
        let has = |kind: &str| template.graph.nodes.iter().any(|node: &Node| node.kind() == kind);
        assert!(has("webhook") && has("transfer"), "{}", template.id);
    }
}

#[test]
fn no_template_is_stuck_with_a_callee_who_says_nothing_or_nonsense() {
    let nonsense = Script { replies: vec!["Bananas.".to_owned(); 60], ..Script::default() };
    for template in template_list() {
        for script in [&Script::default(), &nonsense] {
            let run = callee::run(&template.graph, &template.sample_inputs, script);
            assert!(
                run.ended().is_some_and(|ended| ended.outcome != "failed"),
                "{}: {:#?}",
                template.id,
                run.transcript()
            );
        }
    }
}

#[test]
fn a_template_is_found_by_its_id() {
    assert_eq!(
        template_find("lead_qualification").map(|template| template.name),
        Some("Lead qualification".to_owned())
    );
    assert_eq!(template_find("nothing"), None);
}

#[test]
fn the_survey_sample_reads_like_a_conversation() {
    let template = template_find("satisfaction_survey").expect("the template is there");
    let run = callee::run(&template.graph, &template.sample_inputs, &template.sample_script);
    let lines =
        run.transcript().iter().map(|line| format!("{} {:?} [{}] {}", line.at_ms, line.speaker, line.node, line.text));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
    300 Agent [permission] Hello Alan, this is the automated assistant of the Harbour Hotel. I am calling about your stay last weekend. May I ask you two quick questions? It takes a minute.
    12600 Callee [permission] Sure.
    13300 Agent [score] On a scale from 0 to 10, how likely are you to recommend the Harbour Hotel to a friend?
    21200 Callee [score] Six. No, wait.
    22700 Agent [score] Please give me one number from 0, not at all likely, to 10, very likely.
    29000 Callee [score] 6
    29700 Agent [check] I understood 6. Is that right?
    32400 Callee [check] No, I meant another number.
    34700 Agent [score] On a scale from 0 to 10, how likely are you to recommend the Harbour Hotel to a friend?
    42600 Callee [score] 9 out of 10
    44500 Agent [check] I understood 9. Is that right?
    47200 Callee [check] Yes, that's right.
    48700 Agent [promoter] That makes us happy, thank you! What did you like best?
    53400 Callee [promoter] The breakfast, and how friendly everybody was.
    56450 System [save] webhook 'save' answered 200 (nothing was called: on the text channel its answer is made up)
    56750 Agent [thanks] Thank you, Alan. Your answer helps us. Have a good day!
    ");
}
