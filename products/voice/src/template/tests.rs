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
            assert!(run.ended().is_some_and(|ended| ended.outcome != "failed"), "{}: {:#?}", template.id, run.transcript());
        }
    }
}

#[test]
fn a_template_is_found_by_its_id() {
    assert_eq!(template_find("lead_qualification").map(|template| template.name), Some("Lead qualification".to_owned()));
    assert_eq!(template_find("nothing"), None);
}

#[test]
fn the_survey_sample_reads_like_a_conversation() {
    let template = template_find("satisfaction_survey").expect("the template is there");
    let run = callee::run(&template.graph, &template.sample_inputs, &template.sample_script);
    let lines = run.transcript().iter().map(|line| format!("{:>6} {:?} [{}] {}", line.at_ms, line.speaker, line.node, line.text));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}
