"""The member portal: sign-in, second factor, member picker, consent, connected apps."""
