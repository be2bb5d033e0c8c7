"""The policy pack: the rules of the core, run by Pulumi on the Istio objects of any stack."""
